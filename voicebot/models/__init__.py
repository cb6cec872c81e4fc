"""Models and voices: what there is, what is installed, where it lies, whether it is whole."""
