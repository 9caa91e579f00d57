# Print another Python that toylab allows, newest first; nothing if only the one in $1 is at hand.
own=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for minor in 14 13 12 11; do
    [ "3.$minor" = "$own" ] && continue
    for python in "$(command -v "python3.$minor")" "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor."*/bin/python3; do
        # Some names lead nowhere, and some Pythons come without venv.
        if [ -x "$python" ] && "$python" -c 'import venv, ensurepip' 2>/dev/null; then
            echo "$python"
            exit
        fi
    done
done
