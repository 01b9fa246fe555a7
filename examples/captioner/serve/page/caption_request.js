// Asks the server for a caption.

const tries = 5;

/** The server's description of a picture. Throws an Error that says why there is none. */
export async function askForCaption(file, signal) {
  const first = await post(file, signal);
  if (first.ok) return first.json();
  // What the server does not know, or finds too large, this browser may know, and make smaller.
  const other = [413, 415].includes(first.status) ? await smallPng(file) : null;
  const answer = other ? await post(other, signal) : first;
  if (answer.ok) return answer.json();
  throw new Error(`No caption: ${await reason(answer)}.`);
}

async function post(body, signal) {
  for (let left = tries - 1; ; --left) {
    const answer = await send(body, signal);
    if (answer.status !== 503 || left === 0) return answer;
    const seconds = Number(answer.headers.get("Retry-After")) || 1;
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}

async function send(body, signal) {
  try {
    return await fetch("api/caption", { method: "POST", body, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error("No caption: the server does not answer. Is captioner serve still running?");
  }
}

async function reason(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return `the server answered ${answer.status}`;
  }
}

/** The picture as a PNG file of a size that is more than the captioner needs; null where it is no picture. */
async function smallPng(file) {
  const longest = 1024;
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(scale * bitmap.width));
  canvas.height = Math.max(1, Math.round(scale * bitmap.height));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
