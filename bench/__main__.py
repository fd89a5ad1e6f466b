"""All benchmarks but the large networks: `python -m bench`."""

from bench import speed, state

if __name__ == "__main__":
    state.main()
    print()
    speed.main()
