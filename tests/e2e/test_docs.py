# SPDX-License-Identifier: MIT
"""The documents against the program and each other: options, exit codes, commands, links, tests."""

import glob
import os
import re
import shlex
import subprocess
import tempfile
import unittest

from places import NAVETTE, ROOT
from support import PATIENCE

COMMANDS = ('serve', 'connect', 'replay', 'token')
PAGES = ['README.md', *sorted(os.path.relpath(path, ROOT)
                              for path in glob.glob(os.path.join(ROOT, 'docs', '*.md')))]
# Options of other programs that our pages show in code.
FOREIGN = {'--bind', '--deploy-hook', '--ulimit', '--cflags', '--libs', '--now', '--since',
           '--static'}
FLAG = re.compile(r'(?<![\w-])--[a-z][a-z0-9-]*')


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as file:
        return file.read()


def run(*arguments, **options):
    return subprocess.run([NAVETTE, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE, check=False, **options)


def help_of(command):
    return run(command, '--help').stdout


def flags_of_help(command):
    lines = re.findall(r'^  (?:-\w, )?(--[a-z0-9-]+)', help_of(command), re.M)
    return set(lines)


def codes_of_help(command):
    return set(re.findall(r'^ {2,4}(\d{1,3})  \w', help_of(command), re.M))


def manual():
    """Its sections, without what makes hyphens and quotes of troff."""
    text = read('docs/navette.1').replace('\\-', '-').replace('\\(aq', "'")
    pieces = re.split(r'^\.SH (.*)$', text, flags=re.M)
    return dict(zip(pieces[1::2], pieces[2::2]))


def flags_of_manual(section):
    heads = re.findall(r'^\.TP\n(.*)$', manual()[section], re.M)
    return {flag for head in heads for flag in FLAG.findall(head)}


def codes_of_manual(command):
    """The paragraphs of a command begin with its name; those of connect come first."""
    pieces = re.split(r'^\.PP\n\.B navette (\w+)$', manual()['EXIT STATUS'], flags=re.M)
    sections = {'connect': pieces[0], **dict(zip(pieces[1::2], pieces[2::2]))}
    return set(re.findall(r'^\.TP\n\.B (\d+)$', sections[command], re.M))


def without_code(page):
    """Links stand in prose."""
    text = re.sub(r'^```.*?^```$', '', read(page), flags=re.M | re.S)
    text = re.sub(r'^    .*$', '', text, flags=re.M)
    return re.sub(r'`[^`]*`', '', text)


def anchors(page):
    """As forges make them of headings, a number behind a heading that comes again."""
    found = []
    text = re.sub(r'^```.*?^```$', '', read(page), flags=re.M | re.S)
    for heading in re.findall(r'^#+ (.*)$', text, re.M):
        words = re.sub(r'[^\w\- ]', '', heading.strip().lower()).replace(' ', '-')
        found.append(f'{words}-{found.count(words)}' if words in found else words)
    return set(found)


def commands(page):
    """What navette is asked for in lines of code, which are put together again."""
    text = read(page)
    blocks = [block for kind, block in re.findall(r'^```(\w*)\n(.*?)^```$', text, re.M | re.S)
              if kind in ('', 'sh')]
    blocks += ['\n'.join(re.findall(r'^    (.*)$', text, re.M))]
    for block in blocks:
        for line in block.replace('\\\n', ' ').splitlines():
            asked = re.search(rf'(?:^|\| )(navette ({"|".join(COMMANDS)})( .*|$))', line)
            if asked:
                yield asked.group(1)


def arguments_of(line):
    """What the shell would hand over, to where a pipe, a comment or a redirection begins."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = []
    for word in lexer:
        if word[:1] in set('|<>&;'):
            break
        words.append(word)
    return words[1:]


class Options(unittest.TestCase):
    def test_the_manual_has_what_help_has(self):
        connect = flags_of_help('connect') | flags_of_help('replay')
        for section, flags in (('OPTIONS OF SERVE', flags_of_help('serve')),
                               ('OPTIONS OF CONNECT AND REPLAY', connect),
                               ('OPTIONS OF TOKEN', flags_of_help('token'))):
            with self.subTest(section):
                self.assertGreater(len(flags), 4)
                self.assertEqual(flags_of_manual(section), flags)

    def test_the_page_of_a_command_has_what_help_has(self):
        for page, flags in (('docs/serve.md', flags_of_help('serve')),
                            ('docs/connect.md', flags_of_help('connect')),
                            ('docs/tokens.md', flags_of_help('token'))):
            with self.subTest(page):
                self.assertEqual(flags - set(FLAG.findall(read(page))) - {'--help'}, set())

    def test_no_page_has_an_option_that_is_none(self):
        known = FOREIGN.union({'--version'}, *map(flags_of_help, COMMANDS))
        for page in ('docs/serve.md', 'docs/connect.md', 'docs/tokens.md', 'docs/debian.md',
                     'docs/troubleshooting.md', 'docs/configuration.md', 'docs/metrics.md',
                     'docs/logs.md', 'README.md'):
            with self.subTest(page):
                self.assertEqual(set(FLAG.findall(read(page))) - known, set())

    def test_every_setting_has_its_row(self):
        rows = set(re.findall(r'`([a-z-]+)`', ' '.join(
            re.findall(r'^\|([^|]*)\|', read('docs/configuration.md'), re.M))))
        settings = {flag[2:] for flag in flags_of_help('serve')}
        self.assertEqual(settings - rows, {'help', 'check-config', 'print-config', 'config'})
        self.assertEqual(rows - settings, set())


class ExitCodes(unittest.TestCase):
    def test_they_agree(self):
        page = read('docs/connect.md').split('## Exit codes')[1]
        rows = set(re.findall(r'^\| (\d+) \|', page, re.M))
        self.assertIn('130', rows)
        self.assertEqual(rows, codes_of_help('connect'))
        self.assertEqual(rows, codes_of_help('replay'))
        self.assertEqual(rows, codes_of_manual('connect'))
        self.assertEqual(codes_of_manual('token'), codes_of_help('token'))
        said = re.search(r'^Exit code: (.*)$', help_of('serve'), re.M).group(1)
        self.assertEqual(codes_of_manual('serve'), set(re.findall(r'\d+', said)))


class Commands(unittest.TestCase):
    """Each is read to its end by the program itself, which then is asked for no more than help."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def check(self, words):
        option = '--check-config' if words[0] == 'serve' else '--help'
        done = run(*words, option, cwd=self.folder)
        # Certificates and tokens of examples are not there, which is another problem.
        errors = [line for line in done.stderr.splitlines()
                  if 'no such file' not in line.lower()]
        self.assertEqual(errors, [])

    def test_those_of_the_pages(self):
        count = 0
        for page in PAGES:
            for line in commands(page):
                if '[' in line or '...' in line:
                    continue
                with self.subTest(f'{page}: {line}'):
                    self.check(arguments_of(line))
                count += 1
        self.assertGreater(count, 50)

    def test_those_of_the_manual(self):
        examples = manual()['EXAMPLES'].split('.nf')[1].split('.fi')[0].strip().splitlines()
        for line in examples:
            with self.subTest(line):
                self.check(arguments_of(line[line.index('navette '):]))


class Links(unittest.TestCase):
    def test_each_leads_somewhere(self):
        count = 0
        for page in [*PAGES, 'CONTRIBUTING.md', 'CHANGELOG.md']:
            for target in re.findall(r'\]\(([^)\s]+)\)', without_code(page)):
                if re.match(r'[a-z]+:', target):
                    continue
                path, _, anchor = target.partition('#')
                path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                with self.subTest(f'{page}: {target}'):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, path)))
                    if anchor:
                        self.assertIn(anchor, anchors(path))
                count += 1
        self.assertGreater(count, 50)

    def test_the_readme_leads_to_every_page(self):
        for page in PAGES[1:]:
            self.assertIn(f']({page})', read('README.md'))


class Tests(unittest.TestCase):
    def test_each_module_has_its_row(self):
        rows = set(re.findall(r'`((?:e2e|browser)/[\w]+)`', ' '.join(
            re.findall(r'^\|([^|]*)\|', read('docs/testing.md'), re.M))))
        modules = {f'{folder}/{os.path.basename(path)[len("test_"):].partition(".")[0]}'
                   for folder in ('e2e', 'browser')
                   for path in glob.glob(os.path.join(ROOT, 'tests', folder, 'test_*.*'))}
        self.assertGreater(len(modules), 40)
        self.assertEqual(rows, modules)


if __name__ == '__main__':
    unittest.main()
