# SPDX-License-Identifier: MIT
"""`make install`: a program outside of the tree is built with what it installs, and runs."""

import os
import shutil
import subprocess
import tempfile
import unittest

from places import BUILD, ROOT

PREFIX = '/usr/local'
PROGRAM = '''
#include <navette/navette.h>
#include <stdio.h>

int main(void)
{
	struct nv_server *server = nv_server_new(NULL);
	int error = server ? nv_server_listen(server, "127.0.0.1", 0) : NV_ERR_NOMEM;

	printf("%s %d\\n", nv_version(), error);
	nv_server_free(server);
	return error != 0;
}
'''


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise AssertionError(f'{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}')
    return done.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.root = os.path.join(cls.folder, 'root')
        run('cmake', '--install', BUILD, '--prefix', PREFIX, env={**os.environ, 'DESTDIR': cls.root})
        cls.prefix = cls.root + PREFIX
        cls.pkgconfig = {**os.environ, 'PKG_CONFIG_PATH': f'{cls.prefix}/lib/pkgconfig'}
        cls.sanitize = []
        with open(os.path.join(BUILD, 'CMakeCache.txt'), encoding='utf-8') as cache:
            for line in cache:
                name, _, value = line.strip().partition('=')
                if name == 'NAVETTE_SANITIZE:STRING' and value:
                    cls.sanitize = [f'-fsanitize={value}']
                elif name == 'CMAKE_C_COMPILER:STRING' and 'clang' in value:
                    raise unittest.SkipTest('one compiler is enough')

    def flags(self, *kind):
        return run('pkg-config', *kind, '--cflags', '--libs', 'navette', env=self.pkgconfig).split()

    def build(self, compiler, suffix, flags):
        source = os.path.join(self.folder, f'program.{suffix}')
        with open(source, 'w', encoding='utf-8') as file:
            file.write(PROGRAM)
        program = os.path.join(self.folder, f'program_{suffix}')
        run(compiler, '-Wall', '-Werror', *self.sanitize, source, *flags, '-o', program,
            cwd=self.folder)
        return program

    def check(self, program, shared):
        needed = 'libnavette.so.0' in run('readelf', '-d', program)
        self.assertEqual(needed, shared)
        path = {'LD_LIBRARY_PATH': f'{self.prefix}/lib'} if shared else {}
        self.assertRegex(run(program, env={**os.environ, **path}), r'^\d+\.\d+\.\d+ 0\n$')

    def test_shared_from_c_and_from_cpp(self):
        for compiler, suffix in (('cc', 'c'), ('c++', 'cc')):
            with self.subTest(compiler):
                if not shutil.which(compiler):
                    self.skipTest(f'there is no {compiler}')
                self.check(self.build(compiler, suffix, self.flags()), True)

    def test_static_from_c_and_from_cpp(self):
        """With the archive alone in sight, everything it needs comes from --static."""
        flags = self.flags('--static')
        flags[flags.index('-lnavette')] = '-l:libnavette.a'
        for compiler, suffix in (('cc', 'c'), ('c++', 'cc')):
            with self.subTest(compiler):
                if not shutil.which(compiler):
                    self.skipTest(f'there is no {compiler}')
                self.check(self.build(compiler, suffix, flags), False)

    def test_everything_is_there(self):
        for path in ('bin/navette', 'lib/libnavette.a', 'lib/libnavette.so', 'lib/libnavette.so.0',
                     'include/navette/navette.h', 'lib/pkgconfig/navette.pc',
                     'share/man/man1/navette.1', 'share/doc/navette/LICENSE',
                     'share/doc/navette/navette.conf', 'share/doc/navette/README.md',
                     'share/doc/navette/docs/troubleshooting.md',
                     'share/doc/navette/docs/images/chat.png', 'lib/systemd/system/navette.service',
                     'lib/systemd/system/navette.socket'):
            self.assertTrue(os.path.exists(f'{self.prefix}/{path}'), path)
        with open(f'{self.prefix}/lib/systemd/system/navette.service', encoding='utf-8') as unit:
            self.assertIn(f'ExecStart={PREFIX}/bin/navette serve ', unit.read())
        run(f'{self.prefix}/bin/navette', '--version')

    def test_the_example_configuration_is_one(self):
        run(f'{self.prefix}/bin/navette', 'serve', '--config',
            f'{self.prefix}/share/doc/navette/navette.conf', '--check-config')

    def test_uninstall_leaves_nothing(self):
        with open(os.path.join(BUILD, 'install_manifest.txt'), encoding='utf-8') as manifest:
            files = manifest.read().splitlines()
        # The script looks into build/release: it gets a tree of its own.
        tree = os.path.join(self.folder, 'tree')
        os.makedirs(f'{tree}/build/release')
        os.makedirs(f'{tree}/scripts')
        shutil.copy(os.path.join(ROOT, 'scripts', 'uninstall'), f'{tree}/scripts')
        shutil.copy(os.path.join(BUILD, 'install_manifest.txt'), f'{tree}/build/release')
        copy = os.path.join(self.folder, 'copy')
        shutil.copytree(self.root, copy, symlinks=True)
        strange = f'{copy}{PREFIX}/bin/strange'
        with open(strange, 'w', encoding='utf-8'):
            pass
        self.assertGreater(len(files), 10)
        run(f'{tree}/scripts/uninstall', PREFIX, env={**os.environ, 'DESTDIR': copy})
        left = [os.path.join(path, name) for path, _, names in os.walk(copy) for name in names]
        self.assertEqual(left, [strange])
        refused = subprocess.run([f'{tree}/scripts/uninstall', '/elsewhere'], capture_output=True,
                                 check=False)
        self.assertEqual(refused.returncode, 1)


if __name__ == '__main__':
    unittest.main()
