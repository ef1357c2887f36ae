"""What is sent to the Hugging Face Hub, and what may not leave this machine."""
