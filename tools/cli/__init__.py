"""The command line `invoicing`: load rows, play the project manager and the clerk, and see where an invoice is.

It talks to storage and queues only, as every other client does. A command reads rows, a `view` of them is built by pure
functions, and `drawing` puts the view on the console.
"""
