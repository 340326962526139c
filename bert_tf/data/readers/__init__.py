"""Files and data sets to examples, with every fault named by its place."""
