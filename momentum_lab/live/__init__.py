"""What makes any result live: controls, a picture, a pointer. It knows no lab."""
