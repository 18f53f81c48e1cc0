"""The lines that docs/ledger.md wants added to an application: in a program, as they stand."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.front import Front
from tests.support.front import front as a_front
from tests.support.key_lines import key_lines
from tests.support.mono import at_once
from tests.support.needs import need
from tests.support.sweeps import further

HANGS = 50  # PHP gives up reading after 60 s, and calls that a success
SHELL = """payment_key=invoice-17
curl -sS -X POST LINE -H 'Content-Type: application/json' -d '{}' ADDRESS
"""
PHP = """<?php $paymentKey = "invoice-17";
$options = ["method" => "POST", "content" => "{}",
    "header" => ["Content-Type: application/json", LINE]];
echo file_get_contents("ADDRESS", false, stream_context_create(["http" => $options]));
"""
JAVA = """import java.net.*;
public class App { public static void main(String[] a) throws Exception {
    String paymentKey = "invoice-17";
    HttpURLConnection connection = (HttpURLConnection) new URL("ADDRESS").openConnection();
    connection.setRequestMethod("POST");
    connection.setDoOutput(true);
    LINE
    connection.getOutputStream().write("{}".getBytes());
    System.out.println(new java.util.Scanner(connection.getInputStream()).nextLine());
} }
"""
WEB_CLIENT = """class App { static void Main() {
    string paymentKey = "invoice-17";
    var client = new System.Net.WebClient();
    LINE
    System.Console.WriteLine(client.UploadString("ADDRESS", "{}"));
} }
"""
HTTP_CLIENT = """using System.Net.Http; class App { static void Main() {
    string paymentKey = "invoice-17";
    var request = new HttpRequestMessage(HttpMethod.Post, "ADDRESS");
    request.Content = new StringContent("{}");
    LINE
    var answer = new HttpClient().SendAsync(request).Result;
    System.Console.WriteLine(answer.Content.ReadAsStringAsync().Result);
} }
"""
MCS = ["mcs", "-main:AtOnce", "-r:System.Net.Http.dll", "App.cs"]
CASES = {
    "curl": ("app.sh", SHELL, [["sh", "app.sh"]], "curl"),
    "PHP": ("app.php", PHP, [["php", "app.php"]], "php"),
    "Java": ("App.java", JAVA, [["java", "App.java"]], "java"),
    "C# WebClient": ("App.cs", at_once(WEB_CLIENT, "App"), [MCS, ["mono", "App.exe"]], "mono"),
    "C# HttpRequestMessage": (
        *("App.cs", at_once(HTTP_CLIENT, "App"), [MCS, ["mono", "App.exe"]], "mono"),
    ),
}
ON_WINDOWS = {"VB6"}  # tests/windows/test_key_line.py


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with a_front() as front:
        yield front


def test_each_line_of_the_page_is_tried() -> None:
    assert key_lines().keys() == CASES.keys() | ON_WINDOWS


@pytest.mark.parametrize("language", ["curl", *further(*list(CASES)[1:])])
def test_the_line_sends_the_key(language: str, front: Front, tmp_path: Path) -> None:
    name, text, commands, tool = CASES[language]
    need(tool)
    front.reset()
    url = f"http://127.0.0.1:{front.port}/v1/payments/breb"
    program = text.replace("LINE", key_lines()[language]).replace("ADDRESS", url)
    (tmp_path / name).write_text(program)
    for command in commands:
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS, check=False
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "ok"
    (call,) = front.arrived
    assert b"\r\nidempotency-key: invoice-17\r\n" in call.head.lower() + b"\r\n"
    assert call.body == b"{}"
