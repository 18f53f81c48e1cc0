/* breb-proxy.exe: Python and the program in one process, under our own name.
 *
 * A service has to be the process that Windows started, and administrators should see whose it is: so
 * this is no python.exe, and no launcher that starts another process. Nothing but our own folder and
 * Windows' decides what is loaded: no environment variable, no registry, no current folder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#define LONGEST 32768 /* characters of a path */

typedef int (*py_main)(int, wchar_t **);

static int fail(const wchar_t *what)
{
    fwprintf(stderr, L"breb-proxy: %ls (error %lu): install breb-proxy again\n", what, GetLastError());
    return 1;
}

int wmain(int argc, wchar_t **argv)
{
    static wchar_t folder[LONGEST], path[LONGEST];
    DWORD length = GetModuleFileNameW(NULL, folder, LONGEST);
    if (length == 0 || length == LONGEST)
        return fail(L"its own path is not known");
    *wcsrchr(folder, L'\\') = 0;
    if (_snwprintf(path, LONGEST, L"%ls\\python\\" PYTHON_DLL, folder) < 0)
        return fail(L"its path is too long");
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    HMODULE python = LoadLibraryExW(
        path, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    if (!python)
        return fail(L"Python cannot be loaded");
    py_main run = (py_main)(void *)GetProcAddress(python, "Py_Main");
    if (!run)
        return fail(L"Python has no Py_Main");

    static wchar_t *before[] = {L"-I", L"-B", L"-Xutf8", L"-m", L"proxy"};
    const int count = sizeof before / sizeof *before;
    wchar_t **words = calloc(argc + count + 1, sizeof *words);
    if (!words)
        return fail(L"there is no memory");
    words[0] = argv[0];
    for (int each = 0; each < count; each++)
        words[1 + each] = before[each];
    for (int each = 1; each < argc; each++)
        words[count + each] = argv[each];
    return run(argc + count, words);
}
