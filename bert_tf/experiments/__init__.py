"""Many runs: seeds, folds, ensembles."""
