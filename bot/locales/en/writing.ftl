# What is said of a text that is not good enough.

below-the-bar = This is not up to the mark, even as the best of what I wrote: { $reasons }. Try again, or another form.
fault-lost = it lost { $words }
fault-order = the scene's order is broken
fault-shape = the form is not kept
fault-language = the language stumbles
fault-echo = it repeats my examples
fault-repeats = it repeats itself
fault-leftovers = something alien is left in it
