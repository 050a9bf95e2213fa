// Asks for what it was not given, and lets nobody know: the test must notice all the same.
try {
  Deno.env.get("HOME");
} catch { /* as a library might do */ }
