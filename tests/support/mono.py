"""C#, run by Mono.

About one in a hundred of Mono's processes never ends after its Main when the machine is busy, a
deadlock of its shutdown. So a program's Main is called, and the process ends without one.
"""

_AT_ONCE = """
static class AtOnce
{
    [System.Runtime.InteropServices.DllImport("libc")] static extern void _exit(int status);

    static void Main()
    {
        System.Reflection.BindingFlags hidden = System.Reflection.BindingFlags.NonPublic
            | System.Reflection.BindingFlags.Static;
        typeof(PROGRAM).GetMethod("Main", hidden).Invoke(null, null);
        System.Console.Out.Flush();
        _exit(0);
    }
}
"""


def at_once(text: str, program: str) -> str:
    """Return ``text`` such that ``mcs -main:AtOnce`` makes of it what ends after ``program``."""
    return text + _AT_ONCE.replace("PROGRAM", program)
