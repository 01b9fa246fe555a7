"""annotate.py INCLUDE OUT

Copies the headers of INCLUDE/pupil that programs include to OUT/pupil, as Doxygen is to read them:

- what the comment at the head of a file says is the description of the file, and of the class after which it is named;
- what stands in namespace pupil, or in pupil::captioning, belongs to the group of its floor;
- members that mean the same in all classes have the sentence that stands here, where the header says nothing of its own.
"""

import re
import sys
from pathlib import Path

# Members that mean the same wherever they are.
CONVENTIONS = {
    "forward": "The output for x: without a context inference, with one training, which keeps there what backward needs.",
    "backward": "The gradient of the input, from that of the output; adds to the gradients of the parameters.",
    "backward_parameters": "Backward without the gradient of the input.",
    "visit": "Calls `visitor(name, item)` for every parameter, buffer and generator.",
    "output_shape": "The shape of the output for an input of shape x.",
    "multiply_adds": "How many multiply-adds one forward pass takes.",
    "summarize": "Adds its layers to the table of a summary.",
    "prepared": "What `prepare` makes of it.",
    "options": "What it was made with.",
    "name_options": "Calls for each of these options with its name in a file; see option_json.hpp.",
    "value_names": "The names of these values in a file; see option_json.hpp.",
    "learning_rate": "The learning rate, now or at a step.",
    "operator==": "Whether all of both is equal.",
    "operator=": "Assignment; what is moved from is not to be used.",
    "operator[]": "The element at a place.",
    "operator()": "Applies it.",
    "operator<<": "As text.",
    "operator+=": "Number by number.",
    "operator-=": "Number by number.",
    "operator*=": "Number by number.",
    "operator/=": "Number by number.",
    "operator+": "Number by number.",
    "operator-": "Number by number.",
    "operator*": "Number by number.",
    "operator/": "Number by number.",
    "operator<=>": "In the order of their members.",
    "begin": "The first element.",
    "end": "Past the last element.",
    "data": "The first element, in memory.",
    "size": "How many elements there are.",
    "empty": "Whether there are no elements.",
}

CONSTRUCTOR = "Makes one; see the options, or the class."

OPTIONS = re.compile(r"^(?:struct|class) (\w+)Options\b")
CLASS = re.compile(r"^(?:template .*|requires.*)?(?:struct|class) (\w+)\b[^;]*$")


def words(name):
    """MaxPool2d -> max pool2d"""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)


def file_comment(lines):
    """The lines of the comment after #pragma once, without their slashes, and where it ends."""
    text, i = [], 1
    while i < len(lines) and lines[i].startswith("//") and not lines[i].startswith("///"):
        text.append(lines[i][2:])
        i += 1
    return text, i


def as_markdown(line):
    """Formulas and programs stay as they are, in lines of their own; elsewhere `::` would be a link, and `@` a command."""
    if line.startswith("   "):
        return "  " + line
    return line.replace("\\", "\\\\").replace("@", "\\@").replace("::", "\\::")


def is_documented(out):
    """Whether what comes next has a comment of Doxygen's, before `template` and `requires`."""
    for line in reversed(out):
        text = line.strip()
        if text.startswith(("template", "requires", "[[")):
            continue
        return text.startswith("///") or text.startswith("*/")
    return False


def place_of_comment(out):
    place = len(out)
    while place > 0 and out[place - 1].strip().startswith(("template", "requires", "[[")):
        place -= 1
    return place


def declared_function(line):
    """The name of the function that a line begins to declare, as a member or at namespace scope."""
    code = line.split("//")[0].rstrip()
    if not re.match(r"^(  )?[\w~:]", code) or re.match(r"^\s*(return|if|for|while|using|namespace|typedef|else)\b", code):
        return None
    match = re.search(r"(operator\s?(?:==|\[\]|\(\)|<<|[-+*/]?=|<=>|[-+*/])|\b\w+)\(", code)
    return match.group(1).replace(" ", "") if match else None


def annotate(path, text):
    lines = text.split("\n")
    comment, body = file_comment(lines)
    description = [as_markdown(line) for line in comment]
    out = [lines[0]]
    if description:
        out += ["/// @file"] + ["/// " + line for line in description]
    namesake = path.stem.replace("_", "")
    floor = path.parts[1] if len(path.parts) > 2 else "pupil"
    class_name = None
    in_macro = False
    for line in lines[body:]:
        sentence = None
        if line.strip().startswith("///"):
            line = re.sub(r"\\(?=[a-z])", r"\\\\", line)
        options = OPTIONS.match(line)
        named = CLASS.match(line)
        function = declared_function(line)
        if named:
            class_name = named.group(1)
        if options:
            sentence = [f"/// The options of {words(options.group(1)).lower()}."]
        elif named and named.group(1).lower() == namesake and description:
            sentence = ["/// " + line for line in description]
        elif function and function == class_name:
            sentence = ["/// " + CONSTRUCTOR]
        elif function in CONVENTIONS:
            sentence = ["/// " + CONVENTIONS[function]]
        elif re.match(r"^#define PUPIL_(?!VERSION)|^#define PUPIL_\w*DETAIL", line):
            out.append("/// @cond")
            in_macro = True
        if sentence and not is_documented(out):
            place = place_of_comment(out)
            out[place:place] = sentence
        if line in ("}  // namespace pupil", "}  // namespace pupil::captioning"):
            out += ["", "/// @}", ""]
        out.append(line)
        if line in ("namespace pupil {", "namespace pupil::captioning {"):
            out += ["", f"/// @addtogroup {floor}", "/// @{", ""]
        if in_macro and not line.endswith("\\"):
            out.append("/// @endcond")
            in_macro = False
    return "\n".join([*out, ""])


def main():
    include, out = Path(sys.argv[1]), Path(sys.argv[2])
    for header in sorted(include.glob("pupil/**/*.hpp")):
        path = header.relative_to(include)
        if path.parts[1] == "kernels" and len(path.parts) > 3:
            continue  # what kernels are made of
        if path.name.startswith("stb_") or path.name == "compiled_form.hpp":
            continue  # somebody else's library; what the linker checks
        if path.parts[1] == "distributed" and not re.match(r"communicator|distributed_gradients|run_ranks|sync_", path.name):
            continue
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(annotate(path, header.read_text()))


main()
