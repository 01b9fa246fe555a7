// Taking a photograph: by the camera program of a phone, or by a camera that the browser can use.

const element = (id) => document.getElementById(id);

/** Offers what this browser has; where it has neither, nothing. */
export function offerCamera(takeFilesOf, show, complain) {
  if ("capture" in HTMLInputElement.prototype) {
    element("camera-choice").hidden = false;
    takeFilesOf(element("camera-file"));
  } else if (navigator.mediaDevices?.getUserMedia) {
    element("camera-button").hidden = false;
    offerCameraView(show, complain);
  }
}

function offerCameraView(show, complain) {
  const dialog = element("camera");
  const view = element("camera-view");
  element("camera-button").addEventListener("click", async () => {
    try {
      view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      dialog.showModal();
    } catch (error) {
      complain(`There is no camera to use: ${error.message}.`);
    }
  });
  dialog.addEventListener("close", () => {
    for (const track of view.srcObject?.getTracks() ?? []) track.stop();
    view.srcObject = null;
  });
  element("camera-cancel").addEventListener("click", () => dialog.close());
  element("camera-take").addEventListener("click", async () => {
    if (view.videoWidth === 0) return; // the camera has not shown anything yet
    const photograph = await photographOf(view);
    dialog.close();
    show(photograph);
  });
}

function photographOf(view) {
  const canvas = document.createElement("canvas");
  canvas.width = view.videoWidth;
  canvas.height = view.videoHeight;
  canvas.getContext("2d").drawImage(view, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}
