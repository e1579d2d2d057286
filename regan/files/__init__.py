"""Tables in files, and settings in JSON's terms."""
