from . import environment  # noqa: F401  (before Django's settings)
from .run import main

if __name__ == "__main__":
    main()
