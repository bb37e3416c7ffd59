# SPDX-License-Identifier: MIT
"""Where things lie: as CTest says, or else in the release build."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('NVTEST_BUILD', os.path.join(ROOT, 'build', 'release'))
NAVETTE = os.environ.get('NAVETTE', os.path.join(BUILD, 'navette'))
LOAD = os.path.join(BUILD, 'tests', 'load')
EXAMPLES = os.environ.get('NVTEST_EXAMPLES', os.path.join(BUILD, 'examples'))
NODE_MODULES = os.environ.get('NVTEST_NODE_MODULES',
                              os.path.join(ROOT, 'tests', 'browser', 'node_modules'))
