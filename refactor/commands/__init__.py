"""The subcommands; each module holds a click command called `command` and is loaded when it is asked for."""
