"""The line's steps, one a module; `include.line` names them in order."""
