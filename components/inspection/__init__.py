"""What is to be seen in a judged model and in its data, a module for each kind of it."""
