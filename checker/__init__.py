"""After the run: reads the stores, settles accounts, reaches the verdict. Works without Locust, again at any time."""
