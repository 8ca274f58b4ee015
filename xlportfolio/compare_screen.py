"""What ``compare`` says of two workbooks: on the screen, or as one JSON object."""
