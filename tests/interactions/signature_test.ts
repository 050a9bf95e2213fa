import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SignatureVerifier } from "../../interactions/signature.ts";
import { signedRequest, Simulator } from "../../testing/mod.ts";

const BODY = new TextEncoder().encode('{"type":1}');

Deno.test("SignatureVerifier takes what was signed with the key, and nothing else (A15.5)", async () => {
  const { verifier, signature, timestamp } = await signedBody();
  assertEquals(await verifier.verify(signature, timestamp, BODY), true);
  assertEquals(await verifier.verify(signature.toUpperCase(), timestamp, BODY), true);
  assertEquals(await verifier.verify(signature, `${timestamp} `, BODY), false);
  assertEquals(await verifier.verify(signature, `${timestamp}0`, BODY), false);
  const moved = new TextEncoder().encode(`${timestamp.at(-1)}{"type":1}`);
  // The same bytes in all, cut elsewhere: what is signed has no border, so this one is a signature too.
  assertEquals(await verifier.verify(signature, timestamp.slice(0, -1), moved), true);
});

Deno.test("SignatureVerifier refuses each flipped bit of signature, timestamp and body (A15.5)", async () => {
  const { verifier, signature, timestamp } = await signedBody();
  for (let bit = 0; bit < 512; bit += 1) {
    const digit = Math.floor(bit / 4);
    const flipped = (parseInt(signature[digit] ?? "", 16) ^ (1 << (bit % 4))).toString(16);
    const wrong = signature.slice(0, digit) + flipped + signature.slice(digit + 1);
    assertEquals(await verifier.verify(wrong, timestamp, BODY), false, `bit ${bit} of the signature`);
  }
  for (let bit = 0; bit < BODY.length * 8; bit += 1) {
    const wrong = BODY.slice();
    wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assertEquals(await verifier.verify(signature, timestamp, wrong), false, `bit ${bit} of the body`);
  }
  for (let digit = 0; digit < timestamp.length; digit += 1) {
    const wrong = timestamp.slice(0, digit) + ((Number(timestamp[digit]) + 1) % 10) +
      timestamp.slice(digit + 1);
    assertEquals(await verifier.verify(signature, wrong, BODY), false, `digit ${digit} of the timestamp`);
  }
});

Deno.test("SignatureVerifier takes whatever is malformed for no signature", async () => {
  const { verifier, signature, timestamp } = await signedBody();
  const wrong = [
    null,
    "",
    "0",
    "zz".repeat(64),
    signature.slice(2),
    `${signature}00`,
    `0x${signature.slice(2)}`,
  ];
  for (const one of [...wrong, "0".repeat(128), "f".repeat(128), ` ${signature}`, signature + "\n"]) {
    assertEquals(await verifier.verify(one, timestamp, BODY), false, String(one));
  }
  for (const one of [null, "", "0", "-1", "𝟙", "x".repeat(100_000)]) {
    assertEquals(await verifier.verify(signature, one, BODY), false, String(one).slice(0, 9));
  }
  const other = new SignatureVerifier("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  assertEquals(await other.verify(signature, timestamp, BODY), false);
});

Deno.test("SignatureVerifier refuses a body that is not the bytes as they came", async () => {
  const { verifier, signature, timestamp } = await signedBody();
  for (const body of ["{}", new ArrayBuffer(2), [123, 125], null, undefined]) {
    await assertRejects(
      () => verifier.verify(signature, timestamp, body as never),
      TypeError,
      "a Uint8Array, got",
    );
  }
});

Deno.test("SignatureVerifier knows the signatures of RFC 8032", async () => {
  // Test 2: the message is one byte, 0x72; here it is the timestamp, and the body is empty.
  const verifier = new SignatureVerifier("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  assertEquals(await verifier.verify(signature, "r", new Uint8Array()), true);
  assertEquals(await verifier.verify(signature, "s", new Uint8Array()), false);
});

Deno.test("SignatureVerifier says what is wrong with a public key, at the call", () => {
  for (
    const [key, what] of [["", "0 characters"], ["abc", "3 characters"], ["g".repeat(64), "64 characters"]]
  ) {
    assertThrows(() => new SignatureVerifier(key ?? ""), TypeError, `${what}: copy "Public Key"`);
  }
  assertThrows(() => new SignatureVerifier(undefined as never), TypeError, "got undefined");
  assertThrows(() => new SignatureVerifier("0".repeat(64)), TypeError, "placeholder of zeros");
});

Deno.test("SignatureVerifier says so where the runtime has no Ed25519", async () => {
  const { verifier, signature, timestamp } = await signedBody();
  const subtle = crypto.subtle;
  const importKey = subtle.importKey;
  Object.defineProperty(subtle, "importKey", {
    configurable: true,
    value: () => Promise.reject(new DOMException("Unrecognized algorithm", "NotSupportedError")),
  });
  try {
    await assertRejects(() => verifier.verify(signature, timestamp, BODY), TypeError, "has no Ed25519");
  } finally {
    Object.defineProperty(subtle, "importKey", { configurable: true, value: importKey });
  }
  assertEquals(await new SignatureVerifier(publicKey()).verify(signature, timestamp, BODY), true);
});

function publicKey(): string {
  return Simulator.inMemory().publicKey;
}

async function signedBody(): Promise<{ verifier: SignatureVerifier; signature: string; timestamp: string }> {
  const { headers } = await signedRequest(BODY);
  return {
    verifier: new SignatureVerifier(publicKey()),
    signature: headers.get("X-Signature-Ed25519") ?? "",
    timestamp: headers.get("X-Signature-Timestamp") ?? "",
  };
}
