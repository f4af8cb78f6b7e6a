// What runs in the sandbox: a program in Python that takes a model's program and a token from its standard input, and writes the
// token with the outcome to its standard output.

/**
 * As the tests' own scorer does it (github.com/openai/human-eval-infilling, execution.py): the program is no main module, its
 * output goes nowhere and it has no input, an alarm interrupts it by an exception, and functions that change files or other
 * processes are not there. These are part of what passes and what fails; what keeps the machine safe are the sandbox around it, and the
 * limits, which are set before the program's first line and cannot be raised.
 */
export const guard = `
import builtins, io, json, os, resource, shutil, signal, subprocess, sys

asked = json.load(sys.stdin)
report = os.dup(1)
for standard in range(3):
    os.dup2(os.open(os.devnull, os.O_RDWR), standard)
for limit, most in asked["limits"].items():
    resource.setrlimit(getattr(resource, limit), (most, most))


class Silent(io.TextIOBase):
    def write(self, text):
        return len(text)


class TimedOut(Exception):
    pass


def interrupt(*_):
    raise TimedOut


sys.stdin = sys.stdout = sys.stderr = Silent()
write, leave, alarm = os.write, os._exit, signal.setitimer
for module, names in asked["absent"].items():
    for name in names.split():
        setattr(sys.modules[module], name, None)
for name in asked["missing"].split():
    sys.modules[name] = None

outcome = "failed"
try:
    signal.signal(signal.SIGPROF, interrupt)
    alarm(signal.ITIMER_PROF, asked["seconds"])
    exec(asked["program"], {})
    alarm(signal.ITIMER_PROF, 0)
    outcome = "passed"
except TimedOut:
    outcome = "timedOut"
except BaseException:
    pass
write(report, (asked["token"] + outcome).encode())
leave(0)
`;

/** What the tests' scorer takes from a program. */
export const taken = {
  absent: {
    os: "kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename renames truncate replace unlink fchmod fchown chmod chown chroot lchflags lchmod lchown getcwd chdir",
    shutil: "rmtree move chown",
    subprocess: "Popen",
    builtins: "exit quit help",
  },
  missing: "ipdb joblib resource psutil tkinter",
};
