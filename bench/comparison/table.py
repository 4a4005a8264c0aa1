# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""table: rows of text in columns, the first to the left, others to the right.

A table with several parts keeps their columns in line.
"""


class Table:
    def __init__(self, title):
        self.title = title
        self.parts = []

    def add_part(self, header, rows):
        self.parts.append([list(map(text_of, row)) for row in [header, *rows]])

    def __str__(self):
        rows = [row for part in self.parts for row in part]
        columns = max(map(len, rows), default=0)
        widths = [max((len(row[i]) for row in rows if i < len(row)), default=0)
                  for i in range(columns)]
        lines = []
        for number, part in enumerate(self.parts):
            lines += [''] if number else []
            lines += [line_of(row, widths) for row in part]
        rule = '─' * max(map(len, [self.title, *lines]))
        return '\n'.join([self.title, rule, *lines])


def text_of(cell):
    return '' if cell is None else str(cell)


def line_of(row, widths):
    cells = [f'{row[0]:<{widths[0]}}']
    cells += [f'{cell:>{width}}' for cell, width in zip(row[1:], widths[1:])]
    return '   '.join(cells).rstrip()
