"""Charts and the page that they stand on."""
