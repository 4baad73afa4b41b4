"""The pages in browsers beside Chromium, each if it is on the machine: `make browsers`."""
