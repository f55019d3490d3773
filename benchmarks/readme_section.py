"""Replaces a section of README.md between its mark and the next `<!-- end -->`."""

END = "<!-- end -->\n"


def replace_section(readme, begin, section):
    before, rest = readme.read_text(encoding="utf-8").split(begin, 1)
    readme.write_text(before + begin + section + END + rest.split(END, 1)[1], encoding="utf-8")
