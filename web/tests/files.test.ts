// Names that files are saved under, and what types are taken for.
import { describe, expect, it } from "vitest";
import { mediaTypeFor, medium, safeName, tidyName } from "../src/staff/files";

describe("a name to save under", () => {
  it.each([
    ["foto.jpg", "image/jpeg", "foto.jpg"],
    ["FOTO.JPEG", "image/jpeg", "FOTO.jpeg"],
    ["foto", "image/jpeg", "foto.jpg"],
    ["foto.exe", "image/jpeg", "foto.exe.jpg"],
    ["foto.jpg.exe", "image/jpeg", "foto.jpg.exe.jpg"],
    ["foto\u202egpj.exe", "image/png", "fotogpj.exe.png"],
    ["../../etc/passwd", "text/plain", "passwd.txt"],
    ["C:\\Windows\\system.ini", "text/plain", "system.ini.txt"],
    ["..\u0000.bashrc", "text/plain", "bashrc.txt"],
    ["a\nb\tc\u007f\u0085.txt", "text/plain", "abc.txt"],
    ["\u2066a\u2069\u200f\u061c\ufeff\u200b.pdf", "application/pdf", "a.pdf"],
    ["...", "image/png", "archivo.png"],
    ["", "image/png", "archivo.png"],
    ["dir/", "image/png", "archivo.png"],
    [".png", "image/png", "png.png"],
    ["con", "text/plain", "_con.txt"],
    ["CON.txt", "text/plain", "_CON.txt"],
    ["nul .txt", "text/plain", "_nul.txt"],
    ["Lpt1.tar.txt", "text/plain", "_Lpt1.tar.txt"],
    ["com¹.txt", "text/plain", "_com¹.txt"],
    ["consulta.txt", "text/plain", "consulta.txt"],
    ['a<b>:"|?*.txt', "text/plain", "a_b______.txt"],
    ["a. . .", "text/plain", "a.txt"],
    ["a. .txt", "text/plain", "a.txt"],
    ["página.html", "text/html", "página.html"],
    ["página.html", "text/plain", "página.html.txt"],
    ["virus.exe", "application/octet-stream", "virus.exe.bin"],
    ["nota.scr", "x/constructor", "nota.scr.bin"],
    ["canción.xyz", "audio/x-otra", "canción.xyz.bin"],
    ["receta [paciente].jpg", "image/jpeg", "receta [paciente].jpg"],
    ["an\u0303o.jpg", "image/jpeg", "a\u00f1o.jpg"],
    ["x\ud800y.jpg", "image/jpeg", "xy.jpg"],
  ])("from %j of %s", (name, type, safe) => {
    expect(safeName(name, type, "archivo")).toBe(safe);
  });

  it("is short enough for every file system, in whole characters", () => {
    const name = safeName(`${"😀".repeat(119)}.`, "image/jpeg", "archivo");
    expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(200);
    expect(name).toMatch(/^(😀)+\.jpg$/u);
  });
});

describe("a name for a record", () => {
  it("keeps its ending when it is cut", () => {
    const name = tidyName(`C:\\fakepath\\${"ñ".repeat(500)}.jpeg`, "archivo", 120);
    expect([...name].length).toBe(120);
    expect(name.endsWith("ñ.jpeg")).toBe(true);
    expect(tidyName("...", "archivo", 120)).toBe("archivo");
  });
});

describe("a type", () => {
  it("is shown in place only where that is safe, under a name of this table", () => {
    expect(medium("image/png")).toMatchObject({ shown: "image", blobType: "image/png", active: false });
    expect(medium("video/quicktime")).toMatchObject({ shown: "video", blobType: "video/mp4" });
    expect(medium("audio/x-otra")).toMatchObject({
      shown: "audio",
      blobType: "application/octet-stream",
      active: true,
    });
    for (const type of [
      "text/html",
      "image/svg+xml",
      "application/xhtml+xml",
      "text/javascript",
      "application/pdf",
      "image/tiff",
      "video/x-matroska",
      "toString",
      "x/y",
    ])
      expect(medium(type).shown, type).toBeNull();
  });

  it("that may run code, or is not known, is saved after a warning only", () => {
    for (const type of [
      "text/html",
      "image/svg+xml",
      "application/xhtml+xml",
      "application/zip",
      "application/vnd.ms-excel",
      "application/octet-stream",
      "text/xml",
      "__proto__",
    ])
      expect(medium(type).active, type).toBe(true);
    for (const type of ["image/jpeg", "audio/ogg", "video/mp4", "text/plain", "application/pdf"])
      expect(medium(type).active, type).toBe(false);
  });

  it("is told to the record only when it is known", () => {
    expect(["image/png", "", "IMAGE/PNG", "text/x-secreto"].map(mediaTypeFor)).toEqual([
      "image/png",
      "application/octet-stream",
      "application/octet-stream",
      "application/octet-stream",
    ]);
  });
});
