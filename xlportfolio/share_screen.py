"""What the command ``share`` prints."""
