"""A contract for import-linter that lists what may be imported, not what may not."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PublicFace(Contract):
    """A room is known to others by some of its modules only.

    - rooms: the packages that are closed
    - face: names of the modules inside a room that every other package may import
    - shown_to: `package: module` pairs of what a package may import beside the face
    """

    type_name = "public_face"

    rooms = fields.ListField(subfield=fields.ModuleField())
    face = fields.SetField(subfield=fields.StringField())
    shown_to = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        found = []
        for room in self.rooms:  # type: ignore[attr-defined]
            inside = {room.name, *graph.find_descendants(room.name)}
            for imported in sorted(inside - {room.name}):
                for importer in sorted(graph.find_modules_that_directly_import(imported) - inside):
                    if not self._may(importer, imported.removeprefix(room.name + ".")):
                        found.append(self._told(graph, importer, imported))
        return ContractCheck(kept=not found, metadata={"found": found})

    def _may(self, importer: str, inside: str) -> bool:
        name = inside.partition(".")[0]
        pairs = (pair.split(": ") for pair in self.shown_to or ())  # type: ignore[attr-defined]
        extra = {
            module
            for package, module in pairs
            if importer == package or importer.startswith(package + ".")
        }
        return name in self.face or name in extra  # type: ignore[operator]

    def _told(self, graph: ImportGraph, importer: str, imported: str) -> str:
        details: list[Any] = list(graph.get_import_details(importer=importer, imported=imported))
        lines = ", ".join(str(one["line_number"]) for one in details)
        return f"{importer} -> {imported} (l.{lines})"

    def render_broken_contract(self, check: ContractCheck) -> None:
        output.print_error("Only the public face of a room may be imported from outside:")
        for one in check.metadata["found"]:
            output.print_error(f"- {one}", bold=False)
