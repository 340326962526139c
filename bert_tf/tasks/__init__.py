"""A task is a value: where its examples are, which labels it has, how it is scored."""
