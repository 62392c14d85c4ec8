"""The kinds of notification that this app sends."""
