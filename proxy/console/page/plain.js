// How a search compares: in lower case, é as e and ñ as n. As long as the text is, so that places stay.
export const plain = (text) => text.replace(/[\u00c0-\u024f]/g, (letter) => letter.normalize("NFD")[0]).toLowerCase();
