"""End on SIGTERM while the process still starts; imported by every interpreter of an image.

The first process of a container ignores SIGTERM until it has a handler, and the services set theirs
after some seconds of imports. A pod that is removed in these seconds would hang until it is killed.
"""

import os
import signal

if os.getpid() == 1:
    signal.signal(signal.SIGTERM, lambda number, _frame: os._exit(128 + number))
