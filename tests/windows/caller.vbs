' What a classic ASP page or a VB6 program does: cscript caller.vbs http://127.0.0.1:8080
' VBScript under Wine wants the body in parentheses; Windows takes it with and without.
Option Explicit
Dim address, name, request, body
address = WScript.Arguments(0)
body = "{""amount"":1,""concept"":""N" & Chr(243) & "mina""}"
For Each name In Array("WinHttp.WinHttpRequest.5.1", "MSXML2.ServerXMLHTTP.6.0", "MSXML2.ServerXMLHTTP.3.0")
  Set request = CreateObject("" & name)
  request.Open "GET", address & "/v1/accounts", False
  request.Send
  WScript.Echo name & " GET " & request.Status & " " & request.ResponseText
  Set request = CreateObject("" & name)
  request.Open "POST", address & "/v1/echo", False
  request.SetRequestHeader "Content-Type", "application/json; charset=utf-8"
  request.Send (body)
  WScript.Echo name & " POST " & request.Status & " " & request.ResponseText
Next
