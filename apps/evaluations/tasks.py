"""The ticks that open and close rounds."""
