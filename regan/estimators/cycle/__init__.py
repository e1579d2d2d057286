"""Maps between the rows of two tables: the cycle GAN, its fit and its file."""
