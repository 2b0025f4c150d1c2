"""`python -m gateway` is `point-gateway`."""

from gateway.cli import main

if __name__ == "__main__":
    main()
