"""What `optrace doctor` looks at, a file for each part of the machine. Each check gives lines, and raises nothing."""
