"""LLVM IR -> machine code of this computer, through llvmlite."""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import binding


@cache
def _initialise() -> None:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()


def _target() -> Any:
    """A new one each time: an engine takes it over."""
    _initialise()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=2,
        reloc="pic",
        codemodel="jitdefault",
        jit=True,
    )


def processor() -> str:
    """What the machine code is made for: it runs nowhere else."""
    return f"{binding.get_default_triple()} {binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


def compile_object(text: str) -> bytes:
    """Optimise and compile a module: an object file."""
    machine = _target()
    module = binding.parse_assembly(text)
    module.verify()
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


class Library:
    """An object file, loaded; the code is there as long as this object is."""

    def __init__(self, image: bytes) -> None:
        target = _target()
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target)
        self._engine.add_object_file(binding.ObjectFileRef.from_data(image))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function lies; 0 where there is none."""
        return int(self._engine.get_function_address(name))
