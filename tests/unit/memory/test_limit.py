"""The memory limit of the control group, as files tell it: versions 1 and 2, nested or not."""

from pathlib import Path

import pytest

from proxy.memory.limit import memory_limit


def limit(folder: Path, membership: str, files: dict[str, str]) -> int | None:
    for name, text in files.items():
        file = folder / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    told = folder / "membership"
    told.write_text(membership)
    return memory_limit(folder / "cgroup", told)


@pytest.mark.parametrize(
    ("membership", "files", "wanted"),
    [
        pytest.param("0::/\n", {"memory.max": "134217728\n"}, 134_217_728, id="a container"),
        pytest.param("0::/\n", {"memory.max": "max\n"}, None, id="a container without a limit"),
        pytest.param("0::/\n", {}, None, id="no limits here"),
        pytest.param(
            "0::/a/b\n",
            {"a/b/memory.max": "max\n", "a/memory.max": "1000\n", "memory.max": "2000\n"},
            1000,
            id="the parent's",
        ),
        pytest.param(
            "0::/system.slice/breb-proxy.service\n",
            {
                "system.slice/breb-proxy.service/memory.max": "500\n",
                "system.slice/memory.max": "900",
            },
            500,
            id="the service's",
        ),
        pytest.param(
            "0::/kubepods.slice/pod1/c1\n",
            {"memory.max": "134217728\n", "memory.high": "104857600\n"},
            104_857_600,
            id="where the kernel slows it down",
        ),
        pytest.param(
            "0::/../../system.slice/a:b.service (deleted)\n",
            {"memory.max": "600\n", "memory.high": "max\n"},
            600,
            id="a path outside of the namespace",
        ),
        pytest.param(
            "9:name=systemd:/\n4:memory:/a\n0::/\n",
            {"memory/a/memory.limit_in_bytes": "700\n"},
            700,
            id="version 1",
        ),
        pytest.param(
            "4:cpu,memory:/docker/0123\n",
            {"memory/memory.limit_in_bytes": "800\n"},
            800,
            id="version 1, with the host's path",
        ),
        pytest.param(
            "4:memory:/\n",
            {"memory/memory.limit_in_bytes": "9223372036854771712\n"},
            None,
            id="version 1 without a limit",
        ),
    ],
)
def test_the_lowest_limit_counts(
    membership: str, files: dict[str, str], wanted: int | None, tmp_path: Path
) -> None:
    assert limit(tmp_path, membership, files) == wanted


def test_where_the_kernel_knows_no_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert memory_limit(tmp_path, tmp_path / "none") is None
