"""DataFrames of several libraries: which library one is of, its dtypes in words, its columns."""
