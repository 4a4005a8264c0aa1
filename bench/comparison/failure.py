# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""failure: what ends the run, told to the user as it is."""


class Failure(Exception):
    """Its text names the cause and, where there is one, the remedy."""
