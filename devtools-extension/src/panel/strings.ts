// The bridge's own lines in the app's languages, after the browser's. What went wrong in a page is told as it told it.

const STRINGS = {
  en: {
    found: (modules: number, memories: number) => `${modules} ${modules === 1 ? "module" : "modules"}, ${memories} ${memories === 1 ? "memory" : "memories"}`,
    late: "the page ran before: \"Reload with hook\" shows all.",
    none: "This page has no WebAssembly, or lets no script in.",
    unreachable: "The page can't be asked",
    reading: "Reading the module…",
    gone: "What was chosen is gone: the page has been loaded anew.",
    chooseFirst: "Choose a memory first.",
    noBytes: "The module's bytes are not known.",
  },
  zh: {
    found: (modules: number, memories: number) => `${modules} 个模块，${memories} 个内存`,
    late: "页面此前已在运行：“带钩子重新加载”可显示全部。",
    none: "此页面没有 WebAssembly，或不允许脚本进入。",
    unreachable: "无法查询此页面",
    reading: "正在读取模块…",
    gone: "所选内容已不存在：页面已重新加载。",
    chooseFirst: "请先选择一个内存。",
    noBytes: "模块的字节未知。",
  },
  hi: {
    found: (modules: number, memories: number) => `${modules} मॉड्यूल, ${memories} मेमोरी`,
    late: "पृष्ठ पहले से चल रहा था: \"हुक के साथ पुनः लोड करें\" सब कुछ दिखाता है।",
    none: "इस पृष्ठ में WebAssembly नहीं है, या यह किसी स्क्रिप्ट को आने नहीं देता।",
    unreachable: "पृष्ठ से पूछा नहीं जा सकता",
    reading: "मॉड्यूल पढ़ा जा रहा है…",
    gone: "जो चुना गया था वह अब नहीं है: पृष्ठ फिर से लोड हुआ है।",
    chooseFirst: "पहले एक मेमोरी चुनें।",
    noBytes: "मॉड्यूल के बाइट ज्ञात नहीं हैं।",
  },
  es: {
    found: (modules: number, memories: number) => `${modules} ${modules === 1 ? "módulo" : "módulos"}, ${memories} ${memories === 1 ? "memoria" : "memorias"}`,
    late: "la página ya se ejecutaba: «Recargar con enganche» lo muestra todo.",
    none: "Esta página no tiene WebAssembly o no deja entrar ningún script.",
    unreachable: "No se puede preguntar a la página",
    reading: "Leyendo el módulo…",
    gone: "Lo que se eligió ya no está: la página se ha vuelto a cargar.",
    chooseFirst: "Elija primero una memoria.",
    noBytes: "No se conocen los bytes del módulo.",
  },
};

const language = navigator.language.slice(0, 2);
export const strings = STRINGS[language in STRINGS ? (language as keyof typeof STRINGS) : "en"];
