"""The same work through bert_tf and through its peers, side by side. `make bench` runs it; pytest does not."""
