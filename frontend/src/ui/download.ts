/** Hands a file to the browser's downloads. */
export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The click has started the download synchronously; the URL may go in a later task.
  setTimeout(() => URL.revokeObjectURL(url));
}
