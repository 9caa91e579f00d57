// Words of the page in the language of the moment, and what settings are called.

/** The words of a language; "{name}" in them is filled. What has no words is said by its key. */
export function speaker(lab, langOf) {
  return (key, values = {}) => {
    const said = lab.words[langOf()]?.[key] ?? lab.words.en?.[key] ?? key;
    return said.replace(/\{(\w+)(?::[^}]*)?\}/g, (all, name) => (name in values ? String(values[name]) : all));
  };
}

/** What a setting is called: as films call it, or by the end of its path. */
export function settingNamer(lab, langOf) {
  return (path) => {
    const names = lab.settingNames?.[langOf()] ?? {}, bare = path.replace(/\[\d+\]/g, "");
    return names[path] ?? names[bare] ?? bare.replace(/\.kind$/, "").split(".").slice(/penalties\.\w+\.|^optimizer\.\w+\./.test(bare) ? -2 : -1).join(" ").replace(/_/g, " ");
  };
}

/** A text in a language, or in English. */
export const inTongue = (told, lang) => (typeof told === "string" ? told : told?.[lang] ?? told?.en ?? "");
