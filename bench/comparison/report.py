# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
"""report: what the run says, on the terminal and in its folder."""

import json
import pathlib

PLOTS_NEED = 'python3-matplotlib'


class Report:
    """Keeps all that was said and all samples until they are written."""

    def __init__(self, folder, json_path=None):
        self.folder = pathlib.Path(folder)
        self.json_path = json_path or self.folder / 'samples.json'
        self.said = []
        self.drawings = []

    def say(self, what):
        print(what, flush=True)
        self.said.append(str(what))

    def say_table(self, table, notes=()):
        self.say(f'\n{table}')
        for note in notes:
            self.say(f'note: {note}')

    def draw(self, name, function, *arguments):
        """Has plot.function(path, *arguments) called at the end."""
        self.drawings.append((f'{name}.svg', function, arguments))

    def write(self, document):
        """document: all samples, for JSON."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.json_path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(document, indent=1, ensure_ascii=False)
        self.json_path.write_text(text + '\n', encoding='utf-8')
        (self.folder / 'report.txt').write_text('\n'.join(self.said) + '\n',
                                                encoding='utf-8')
        self._draw_all()
        print(f'\nwritten to {self.folder}/'
              + ('' if self.json_path.parent == self.folder
                 else f' and {self.json_path}'))

    def _draw_all(self):
        try:
            from comparison import plot  # needs what may be missing
        except ImportError as error:
            print(f'\nplots are left out ({error}): they need matplotlib, '
                  f'which the package {PLOTS_NEED} brings')
            return
        for name, function, arguments in self.drawings:
            getattr(plot, function)(self.folder / name, *arguments)
