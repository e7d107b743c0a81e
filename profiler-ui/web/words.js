// What the page says before the app is there, and when it never comes. The words are those of src/strings.rs, whose test
// compares them.

const WORDS = {
  en: {
    loading: "Loading… A page that was opened as a file can't load its parts: serve its folder.",
    cantStart: "The app can't start: ",
    reload: "Reload",
  },
  zh: {
    loading: "正在加载… 以文件方式打开的页面无法加载其部分：请通过服务器提供其文件夹。",
    cantStart: "应用无法启动：",
    reload: "重新加载",
  },
  hi: {
    loading: "लोड हो रहा है… फ़ाइल के रूप में खोला गया पृष्ठ अपने भाग लोड नहीं कर सकता: उसके फ़ोल्डर को सर्वर से दें।",
    cantStart: "ऐप शुरू नहीं हो सकता: ",
    reload: "पुनः लोड करें",
  },
  es: {
    loading: "Cargando… Una página abierta como archivo no puede cargar sus partes: sirva su carpeta.",
    cantStart: "La aplicación no puede iniciarse: ",
    reload: "Recargar",
  },
};

/** In the language of a tag such as `es-MX` (BCP 47), or English. */
export function wordsOf(tag) {
  const language = tag.split("-")[0].toLowerCase();
  return Object.hasOwn(WORDS, language) ? { language, ...WORDS[language] } : { language: "en", ...WORDS.en };
}
