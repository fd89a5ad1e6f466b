"""`python -m contra` is the command `contra`."""

from contra.cli.contra import main

raise SystemExit(main())
