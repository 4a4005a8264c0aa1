# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""comparison: measures echo servers against each other; see bench/README.md."""
